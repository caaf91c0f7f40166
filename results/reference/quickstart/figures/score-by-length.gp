# The main comparison: score against length
# Redraw with: gnuplot -e "format='svg'" score-by-length.gp  (svg, pdf or png)
if (!exists('format')) format = 'svg'
if (format eq 'svg') set terminal svg size 1012,417 fixed noenhanced font 'sans-serif,12' background '#ffffff'
if (format eq 'pdf') set terminal pdfcairo size 1012/96.0,417/96.0 noenhanced font 'sans-serif,12' fontscale 0.5625 background '#ffffff'
if (format eq 'png') set terminal pngcairo size 2*1012,2*417 noenhanced font 'sans-serif,12' fontscale 1.5 linewidth 2 pointscale 2 background '#ffffff'
bold = format eq 'svg' ? 'sans-serif" font-weight="bold' : 'sans-serif:Bold'
set encoding utf8
set output './score-by-length.'.format
data = './score-by-length.dat'
font_title = bold.',15'
font_heading = bold.',12.5'
font_label = ',10.5'
font_tic = ',10'
font_note = ',9.5'
model(n) = format eq 'svg' ? 'sans-serif" data-model="'.n : 'sans-serif'
set multiplot
unset key; set tics out nomirror scale 0.5 font font_tic textcolor rgb '#555555'
set grid xtics ytics linetype 1 linecolor rgb '#e8e8e8' linewidth 0.6
set label 'The main comparison: score against length' at screen 0.01383,0.95204 left font font_title
unset border; set xrange [0:1012]; set xtics ('' -1)
set yrange [417:0]; set ytics ('' -1)
set label 'rnn' at screen 0.05731,0.88489 left font model(0).''
set label 'lstm' at screen 0.13646,0.88489 left font model(1).''
set label 'lstm + additive attention' at screen 0.22223,0.88489 left font model(2).''
set label 'gru' at screen 0.44704,0.88489 left font model(3).''
set label 'gru + additive attention' at screen 0.52619,0.88489 left font model(4).''
set lmargin at screen 0; set rmargin at screen 1; set tmargin at screen 1; set bmargin at screen 0; 
plot data index 0 using 1:2:3:(0) with vectors nohead dashtype (2,3) linewidth 2 linecolor rgb '#000000', \
     data index 0 using ($1+$3/2):2 with points pointtype 9 pointsize 0.8 linecolor rgb '#000000', \
     data index 1 using 1:2:3:(0) with vectors nohead dashtype 1 linewidth 2 linecolor rgb '#0072b2', \
     data index 1 using ($1+$3/2):2 with points pointtype 7 pointsize 0.8 linecolor rgb '#0072b2', \
     data index 2 using 1:2:3:(0) with vectors nohead dashtype (14,3,2,3) linewidth 2 linecolor rgb '#56b4e9', \
     data index 2 using ($1+$3/2):2 with points pointtype 6 pointsize 0.8 linecolor rgb '#56b4e9', \
     data index 3 using 1:2:3:(0) with vectors nohead dashtype (12,4) linewidth 2 linecolor rgb '#d55e00', \
     data index 3 using ($1+$3/2):2 with points pointtype 5 pointsize 0.8 linecolor rgb '#d55e00', \
     data index 4 using 1:2:3:(0) with vectors nohead dashtype (8,3,2,3,2,3) linewidth 2 linecolor rgb '#e69f00', \
     data index 4 using ($1+$3/2):2 with points pointtype 4 pointsize 0.8 linecolor rgb '#e69f00'
unset label; unset arrow

set border 3 linecolor rgb '#888888'
set label 'Median over seeds. The band spans all seeds if there are fewer than ten, otherwise the quartiles. Thin dashes: the length in training, and the score from which the' at screen 0.01383,0.06715 left font font_label textcolor rgb '#555555'
set label 'task counts as solved.' at screen 0.01383,0.02878 left font font_label textcolor rgb '#555555'
# copy
set label 'copy' at screen 0.01779,0.82254 left font font_heading
set label 'test recall (higher is better)' at screen 0.01779,0.77938 left font font_label textcolor rgb '#555555'
set label 'length' at screen 0.17787,0.13669 center font font_label textcolor rgb '#555555'
unset logscale x; set xrange [9.376500163510615:53.32480043516548]; set logscale x; set xtics ('10' 10, '20' 20, '50' 50)
unset logscale y; set yrange [-0.04:1.04]; set ytics ('0' 0, '0.2' 0.2, '0.4' 0.4, '0.6' 0.6, '0.8' 0.8, '1' 1)
set arrow from graph 0, first 0.99 to graph 1, first 0.99 nohead dashtype (10,6) linewidth 1 linecolor rgb '#444444'
set label 'solved' at graph 1.02, first 0.99 left font font_note textcolor rgb '#444444'
set arrow from first 20, graph 0 to first 20, graph 1 nohead dashtype (10,6) linewidth 1 linecolor rgb '#444444'
set label 'trained' at first 20, graph 1 center offset 0,0.4 font font_note textcolor rgb '#444444'
set lmargin at screen 0.06126; set rmargin at screen 0.29447; set tmargin at screen 0.72422; set bmargin at screen 0.22062; 
plot data index 5 using 1:3:4 with filledcurves fillstyle transparent solid 0.16 noborder linecolor rgb '#000000', \
     data index 6 using 1:3:4 with filledcurves fillstyle transparent solid 0.16 noborder linecolor rgb '#0072b2', \
     data index 7 using 1:3:4 with filledcurves fillstyle transparent solid 0.16 noborder linecolor rgb '#56b4e9', \
     data index 8 using 1:3:4 with filledcurves fillstyle transparent solid 0.16 noborder linecolor rgb '#d55e00', \
     data index 9 using 1:3:4 with filledcurves fillstyle transparent solid 0.16 noborder linecolor rgb '#e69f00', \
     data index 5 using 1:2 with lines dashtype (2,3) linewidth 2 linecolor rgb '#000000', \
     data index 5 using 1:2 with points pointtype 9 pointsize 0.75 linecolor rgb '#000000', \
     data index 6 using 1:2 with lines dashtype 1 linewidth 2 linecolor rgb '#0072b2', \
     data index 6 using 1:2 with points pointtype 7 pointsize 0.75 linecolor rgb '#0072b2', \
     data index 7 using 1:2 with lines dashtype (14,3,2,3) linewidth 2 linecolor rgb '#56b4e9', \
     data index 7 using 1:2 with points pointtype 6 pointsize 0.75 linecolor rgb '#56b4e9', \
     data index 8 using 1:2 with lines dashtype (12,4) linewidth 2 linecolor rgb '#d55e00', \
     data index 8 using 1:2 with points pointtype 5 pointsize 0.75 linecolor rgb '#d55e00', \
     data index 9 using 1:2 with lines dashtype (8,3,2,3,2,3) linewidth 2 linecolor rgb '#e69f00', \
     data index 9 using 1:2 with points pointtype 4 pointsize 0.75 linecolor rgb '#e69f00'
unset label; unset arrow

# adding
set label 'adding' at screen 0.34387,0.82254 left font font_heading
set label 'test mse (lower is better)' at screen 0.34387,0.77938 left font font_label textcolor rgb '#555555'
set label 'length' at screen 0.50395,0.13669 center font font_label textcolor rgb '#555555'
unset logscale x; set xrange [45.60049636725352:548.2396463106907]; set logscale x; set xtics ('50' 50, '100' 100, '200' 200, '500' 500)
unset logscale y; set yrange [0.0007378334935139184:2.710638670620707]; set logscale y; set ytics ('10⁻³' 0.001, '0.01' 0.01, '0.1' 0.1, '1' 1)
set arrow from graph 0, first 0.01 to graph 1, first 0.01 nohead dashtype (10,6) linewidth 1 linecolor rgb '#444444'
set label 'solved' at graph 1.02, first 0.01 left font font_note textcolor rgb '#444444'
set arrow from first 100, graph 0 to first 100, graph 1 nohead dashtype (10,6) linewidth 1 linecolor rgb '#444444'
set label 'trained' at first 100, graph 1 center offset 0,0.4 font font_note textcolor rgb '#444444'
set lmargin at screen 0.38735; set rmargin at screen 0.62055; set tmargin at screen 0.72422; set bmargin at screen 0.22062; 
plot data index 10 using 1:3:4 with filledcurves fillstyle transparent solid 0.16 noborder linecolor rgb '#000000', \
     data index 11 using 1:3:4 with filledcurves fillstyle transparent solid 0.16 noborder linecolor rgb '#0072b2', \
     data index 12 using 1:3:4 with filledcurves fillstyle transparent solid 0.16 noborder linecolor rgb '#56b4e9', \
     data index 13 using 1:3:4 with filledcurves fillstyle transparent solid 0.16 noborder linecolor rgb '#d55e00', \
     data index 14 using 1:3:4 with filledcurves fillstyle transparent solid 0.16 noborder linecolor rgb '#e69f00', \
     data index 10 using 1:2 with lines dashtype (2,3) linewidth 2 linecolor rgb '#000000', \
     data index 10 using 1:2 with points pointtype 9 pointsize 0.75 linecolor rgb '#000000', \
     data index 11 using 1:2 with lines dashtype 1 linewidth 2 linecolor rgb '#0072b2', \
     data index 11 using 1:2 with points pointtype 7 pointsize 0.75 linecolor rgb '#0072b2', \
     data index 12 using 1:2 with lines dashtype (14,3,2,3) linewidth 2 linecolor rgb '#56b4e9', \
     data index 12 using 1:2 with points pointtype 6 pointsize 0.75 linecolor rgb '#56b4e9', \
     data index 13 using 1:2 with lines dashtype (12,4) linewidth 2 linecolor rgb '#d55e00', \
     data index 13 using 1:2 with points pointtype 5 pointsize 0.75 linecolor rgb '#d55e00', \
     data index 14 using 1:2 with lines dashtype (8,3,2,3,2,3) linewidth 2 linecolor rgb '#e69f00', \
     data index 14 using 1:2 with points pointtype 4 pointsize 0.75 linecolor rgb '#e69f00'
unset label; unset arrow

# counting
set label 'counting' at screen 0.66996,0.82254 left font font_heading
set label 'test longest_accepted (higher is better)' at screen 0.66996,0.77938 left font font_label textcolor rgb '#555555'
set label 'length' at screen 0.83004,0.13669 center font font_label textcolor rgb '#555555'
unset logscale x; set xrange [18.75300032702123:106.64960087033096]; set logscale x; set xtics ('20' 20, '50' 50, '100' 100)
unset logscale y; set yrange [-6.4:166.4]; set ytics ('0' 0, '20' 20, '40' 40, '60' 60, '80' 80, '100' 100, '120' 120, '140' 140, '160' 160)
set arrow from graph 0, first 100 to graph 1, first 100 nohead dashtype (10,6) linewidth 1 linecolor rgb '#444444'
set label 'solved' at graph 1.02, first 100 left font font_note textcolor rgb '#444444'
set arrow from first 50, graph 0 to first 50, graph 1 nohead dashtype (10,6) linewidth 1 linecolor rgb '#444444'
set label 'trained' at first 50, graph 1 center offset 0,0.4 font font_note textcolor rgb '#444444'
set lmargin at screen 0.71344; set rmargin at screen 0.94664; set tmargin at screen 0.72422; set bmargin at screen 0.22062; 
plot data index 15 using 1:3:4 with filledcurves fillstyle transparent solid 0.16 noborder linecolor rgb '#000000', \
     data index 16 using 1:3:4 with filledcurves fillstyle transparent solid 0.16 noborder linecolor rgb '#0072b2', \
     data index 17 using 1:3:4 with filledcurves fillstyle transparent solid 0.16 noborder linecolor rgb '#56b4e9', \
     data index 18 using 1:3:4 with filledcurves fillstyle transparent solid 0.16 noborder linecolor rgb '#d55e00', \
     data index 19 using 1:3:4 with filledcurves fillstyle transparent solid 0.16 noborder linecolor rgb '#e69f00', \
     data index 15 using 1:2 with lines dashtype (2,3) linewidth 2 linecolor rgb '#000000', \
     data index 15 using 1:2 with points pointtype 9 pointsize 0.75 linecolor rgb '#000000', \
     data index 16 using 1:2 with lines dashtype 1 linewidth 2 linecolor rgb '#0072b2', \
     data index 16 using 1:2 with points pointtype 7 pointsize 0.75 linecolor rgb '#0072b2', \
     data index 17 using 1:2 with lines dashtype (14,3,2,3) linewidth 2 linecolor rgb '#56b4e9', \
     data index 17 using 1:2 with points pointtype 6 pointsize 0.75 linecolor rgb '#56b4e9', \
     data index 18 using 1:2 with lines dashtype (12,4) linewidth 2 linecolor rgb '#d55e00', \
     data index 18 using 1:2 with points pointtype 5 pointsize 0.75 linecolor rgb '#d55e00', \
     data index 19 using 1:2 with lines dashtype (8,3,2,3,2,3) linewidth 2 linecolor rgb '#e69f00', \
     data index 19 using 1:2 with points pointtype 4 pointsize 0.75 linecolor rgb '#e69f00'
unset label; unset arrow

unset multiplot
unset output
# hash of the lines above: 44b6b62ccc820caa
